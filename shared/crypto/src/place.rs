//! The place that a ciphertext belongs to. It opens there and nowhere else.

use domain::{BranchKeyVersion, EventId, RequestFingerprint, TenantId, UserId};

use crate::Answered;
use crate::canonical::Canonical;

/// Where a sealed field lives: table, field, schema, tenant, record and key version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    /// Whose it is; `None` for what is no user's.
    pub(crate) user: Option<UserId>,
    pub(crate) field: SealedField,
    pub(crate) schema: u16,
}

/// What is sealed, with what its place depends on beyond tenant and user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SealedField {
    /// A user's own key, in the enrollment, under the branch key of this version.
    UserKey(BranchKeyVersion),
    /// The askable sets with their verifiers, in the enrollment, under the user's key; the enrollment's key version.
    AskableSets(u32),
    /// The device's id, in the enrollment, under the user's key; the enrollment's key version.
    DeviceId(u32),
    /// The address that a request came from, in the audit event of this id, under the user's key.
    SourceAddress(EventId),
    /// The answer to a request, under the branch key of this version.
    Answer(BranchKeyVersion, Answered, RequestFingerprint),
}

impl Place {
    /// The place of a field in the form in which it is written today.
    pub(crate) const fn new(tenant: TenantId, user: UserId, field: SealedField) -> Self {
        Self { tenant, user: Some(user), field, schema: field.schema() }
    }

    /// The place of an answer in the form in which it is written today.
    pub(crate) const fn of_answer(
        tenant: TenantId,
        version: BranchKeyVersion,
        answered: Answered,
        request: RequestFingerprint,
    ) -> Self {
        let field = SealedField::Answer(version, answered, request);
        Self { tenant, user: None, field, schema: field.schema() }
    }

    /// The additional authenticated data, and what the record's own key is derived for.
    pub(crate) fn encode(&self) -> Canonical {
        let encoding = Canonical::new("countersign/sealed/v1")
            .field(self.field.table())
            .field(self.field.name())
            .field(self.schema.to_be_bytes())
            .field(self.tenant.as_bytes())
            .field(self.user.as_ref().map_or(&[][..], |user| user.as_bytes()));
        match self.field {
            SealedField::UserKey(version) => encoding.field(version.number().to_be_bytes()),
            SealedField::AskableSets(version) | SealedField::DeviceId(version) => encoding.field(version.to_be_bytes()),
            SealedField::SourceAddress(event) => encoding.field(event.as_bytes()),
            SealedField::Answer(version, answered, request) => {
                let encoding = encoding.field(version.number().to_be_bytes());
                let encoding = match answered {
                    Answered::Attempt(verification) => encoding.field("attempt").field(verification.as_bytes()),
                    Answered::Operation(operation) => encoding.field("operation").field(operation),
                };
                encoding.field(request.key.as_bytes()).field(request.body)
            }
        }
    }
}

impl SealedField {
    const fn table(self) -> &'static str {
        match self {
            Self::UserKey(_) | Self::AskableSets(_) | Self::DeviceId(_) => "core",
            Self::SourceAddress(_) => "audit",
            Self::Answer(..) => "ephemeral",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::UserKey(_) => "user_key",
            Self::AskableSets(_) => "askable_sets",
            Self::DeviceId(_) => "device_id",
            Self::SourceAddress(_) => "source_address",
            Self::Answer(..) => "answer",
        }
    }

    /// The version of the field's plaintext form; a new form gets a new number.
    const fn schema(self) -> u16 {
        match self {
            Self::UserKey(_) | Self::AskableSets(_) | Self::DeviceId(_) | Self::SourceAddress(_) | Self::Answer(..) => {
                1
            }
        }
    }
}
