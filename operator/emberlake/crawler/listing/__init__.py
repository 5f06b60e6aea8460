"""The objects under a target: listed side by side, and parted into data, excluded and ignored."""
