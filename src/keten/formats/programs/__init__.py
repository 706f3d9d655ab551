"""Executable files: ELF, PE and Mach-O, and what Go and Rust write into them."""
