"""What must hold in the files of a run, whatever it computed."""
