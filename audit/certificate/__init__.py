"""The statement that binds verdict, data, rules and training spec."""
