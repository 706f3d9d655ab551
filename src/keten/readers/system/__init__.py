"""What is installed in a root filesystem: the databases of operating systems."""
