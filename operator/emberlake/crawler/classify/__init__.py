"""What a file is: by its content, and by the Classifiers of users."""
