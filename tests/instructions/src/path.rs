//! The paths that are counted, and the requests of each.

use crate::event::Event;
use crate::functions::Functions;
use crate::lambda::Lambda;
use crate::stage::Stage;

/// A way through one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// A verification is opened for an enrolled user.
    Initiate,
    /// The same request comes again, and gets the same answer.
    InitiateReplayed,
    /// A user's limit is used up, and the process remembers it.
    InitiateLimited,
    /// Every factor is right: a session and its tokens.
    VerifyRight,
    /// A factor is wrong.
    VerifyWrong,
    /// How an open verification stands.
    Status,
    /// A token that counts.
    Introspect,
}

/// A function at work, and requests to it.
pub(crate) struct Prepared {
    pub(crate) lambda: Lambda,
    pub(crate) events: Vec<String>,
}

impl Path {
    /// The path of this name.
    pub(crate) fn named(name: &str) -> Self {
        let path = NAMED.into_iter().find(|(known, _)| *known == name);
        path.unwrap_or_else(|| panic!("no path {name}; there are {:?}", NAMED.map(|(known, _)| known))).1
    }

    /// The status of its answers.
    pub(crate) const fn status(self) -> u64 {
        match self {
            Self::Initiate | Self::InitiateReplayed => 201,
            Self::InitiateLimited => 429,
            Self::VerifyRight | Self::Status | Self::Introspect => 200,
            Self::VerifyWrong => 401,
        }
    }

    /// This many requests, after all that comes before them.
    pub(crate) async fn prepare(self, requests: usize) -> Prepared {
        let mut stage = Stage::new().await;
        if self == Self::InitiateLimited {
            stage.use_up_limit().await;
        }
        let mut events: Vec<String> = Vec::with_capacity(requests);
        for number in 0..requests {
            let event = match events.first() {
                Some(first) if self.repeats() => first.clone(),
                _ => self.event(&mut stage, number).await.text(),
            };
            events.push(event);
        }
        Prepared { lambda: self.lambda(stage.functions), events }
    }

    /// Whether one request comes again and again.
    const fn repeats(self) -> bool {
        matches!(self, Self::InitiateReplayed | Self::Status | Self::Introspect)
    }

    async fn event(self, stage: &mut Stage, number: usize) -> Event {
        match self {
            Self::Initiate | Self::InitiateReplayed | Self::InitiateLimited => stage.initiating(),
            Self::VerifyRight => stage.right_attempt().await,
            Self::VerifyWrong => stage.wrong_attempt(number).await,
            Self::Status => stage.asking_status().await,
            Self::Introspect => stage.introspecting().await,
        }
    }

    fn lambda(self, functions: Functions) -> Lambda {
        match self {
            Self::Initiate | Self::InitiateReplayed | Self::InitiateLimited => functions.initiate,
            Self::VerifyRight | Self::VerifyWrong => functions.verify,
            Self::Status => functions.status,
            Self::Introspect => functions.introspect,
        }
    }
}

const NAMED: [(&str, Path); 7] = [
    ("initiate", Path::Initiate),
    ("initiate-replayed", Path::InitiateReplayed),
    ("initiate-limited", Path::InitiateLimited),
    ("verify-right", Path::VerifyRight),
    ("verify-wrong", Path::VerifyWrong),
    ("status", Path::Status),
    ("introspect", Path::Introspect),
];
