"""The people behind the judgments, one by one: who agrees with the others, who copies, who answers too fast."""
