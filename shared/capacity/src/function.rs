//! The functions that a login goes through.

/// A function behind the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Checks a credential that the gateway has not seen.
    Authorizer,
    /// Opens a verification.
    Initiate,
    /// Takes an attempt.
    Verify,
    /// Tells how a verification is.
    Status,
    /// Tells if a token is good.
    Introspect,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Authorizer, Self::Initiate, Self::Verify, Self::Status, Self::Introspect];

    /// Its name in this repository.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Initiate => "initiate",
            Self::Verify => "verify",
            Self::Status => "status",
            Self::Introspect => "introspect",
        }
    }
}

/// Something for each function.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ByFunction<T> {
    authorizer: T,
    initiate: T,
    verify: T,
    status: T,
    introspect: T,
}

impl<T> ByFunction<T> {
    /// What `make` makes of each.
    pub fn of(mut make: impl FnMut(Function) -> T) -> Self {
        Self {
            authorizer: make(Function::Authorizer),
            initiate: make(Function::Initiate),
            verify: make(Function::Verify),
            status: make(Function::Status),
            introspect: make(Function::Introspect),
        }
    }

    /// That of a function.
    #[must_use]
    pub fn get(&self, function: Function) -> &T {
        match function {
            Function::Authorizer => &self.authorizer,
            Function::Initiate => &self.initiate,
            Function::Verify => &self.verify,
            Function::Status => &self.status,
            Function::Introspect => &self.introspect,
        }
    }

    /// That of a function, to change.
    pub fn get_mut(&mut self, function: Function) -> &mut T {
        match function {
            Function::Authorizer => &mut self.authorizer,
            Function::Initiate => &mut self.initiate,
            Function::Verify => &mut self.verify,
            Function::Status => &mut self.status,
            Function::Introspect => &mut self.introspect,
        }
    }
}
