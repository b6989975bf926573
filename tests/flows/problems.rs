//! How tests name the problems that they expect.

/// A problem as [`countersign_tests::Answer::told`] gives it.
pub(crate) fn problem(status: u16, name: &str) -> (u16, String) {
    (status, format!("/problems/{name}"))
}

/// A success as [`countersign_tests::Answer::told`] gives it.
pub(crate) fn success(status: u16) -> (u16, String) {
    (status, String::new())
}
