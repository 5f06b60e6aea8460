#!/bin/sh
echo '{"name": "gpu", "addresses": ["0"]}'
