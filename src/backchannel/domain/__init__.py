"""The vocabulary: values and rules that know no database, no socket and no clock."""
