"""Programs that are compiled for devices which are not here, and what follows from counting."""
