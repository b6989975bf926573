//! The proof that this process does not run inside AWS Lambda, which the development key asks for.

/// Only a process outside Lambda has one.
#[derive(Debug, Clone, Copy)]
pub struct OutsideLambda(());

impl OutsideLambda {
    /// Takes the value of `AWS_LAMBDA_FUNCTION_NAME`, which Lambda always sets.
    ///
    /// # Errors
    /// [`InsideLambda`] if it is set, to whatever value.
    pub const fn from_function_name(lambda_function_name: Option<&str>) -> Result<Self, InsideLambda> {
        match lambda_function_name {
            None => Ok(Self(())),
            Some(_) => Err(InsideLambda),
        }
    }
}

/// This process runs inside AWS Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the development key is not for use inside AWS Lambda")]
pub struct InsideLambda;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_development_key_cannot_be_used_inside_lambda() {
        assert!(OutsideLambda::from_function_name(None).is_ok());
        assert_eq!(OutsideLambda::from_function_name(Some("verify")).map(|_| ()), Err(InsideLambda));
        assert_eq!(OutsideLambda::from_function_name(Some("")).map(|_| ()), Err(InsideLambda));
    }
}
