//! Loads a running host and reports what it saw.

fn main() {}
