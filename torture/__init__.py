"""Many users on a real server while everything goes wrong that may: nothing must be lost."""
