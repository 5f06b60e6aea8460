"""What the operator costs where there are many objects, and how soon another replica goes on."""
