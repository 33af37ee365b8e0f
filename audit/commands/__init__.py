"""What each subcommand does once its arguments are parsed; imported only when it is called."""
