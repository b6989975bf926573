//! Session epochs: copies of one number, each an item of a partition of its own, which only change together.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{SessionEpoch, TenantId, UserId};
use store::{AdvanceSessionEpoch, EPOCH_COPIES, EpochAdvance, FindSessionEpoch, OutboxEvent, StoreError, epoch_copy};

use crate::batch::key_of;
use crate::call::{MUST_BE_NEW, not_understood};
use crate::change::Change;
use crate::item::whole_number;
use crate::keys::{self, Key, PK};
use crate::outbox::WriteAndKeep;
use crate::reader::Reader;
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> FindSessionEpoch for DynamoStore<T> {
    async fn find_session_epoch(&self, tenant: TenantId, user: UserId) -> Result<SessionEpoch, StoreError> {
        let operation = "FindSessionEpoch";
        let table = self.tables.core();
        let key = keys::session_epoch(tenant, epoch_copy(user));
        let item = self.read(operation, table, &key).await?;
        item.map_or(Ok(SessionEpoch::FIRST), |item| parse(&Reader { operation, table, key: &key, item: &item }))
    }
}

impl<T: KnowsCore> AdvanceSessionEpoch for DynamoStore<T> {
    /// One `TransactWriteItems` of 17 writes. Repeated after a lost answer it gives `Changed`, with the next epoch in every copy and
    /// its event kept.
    async fn advance_session_epoch(
        &self,
        tenant: TenantId,
        from: SessionEpoch,
        event: &OutboxEvent,
    ) -> Result<EpochAdvance, StoreError> {
        let operation = "AdvanceSessionEpoch";
        let table = self.tables.core();
        let copies = (0..EPOCH_COPIES).map(|copy| keys::session_epoch(tenant, copy));
        let writes: Result<Vec<TransactWriteItem>, _> =
            copies.map(|key| advancing(key, from).in_transaction(table)).collect();
        let writes = writes.map_err(|_| not_understood(operation))?;

        match self.write_all_and_keep(operation, writes, std::slice::from_ref(event)).await? {
            WriteAndKeep::Done => Ok(EpochAdvance::Advanced),
            WriteAndKeep::Refused(None) => Ok(EpochAdvance::Changed(SessionEpoch::FIRST)),
            WriteAndKeep::Refused(Some(item)) => {
                let key = key_of(&item).ok_or_else(|| not_understood(operation))?;
                Ok(EpochAdvance::Changed(parse(&Reader { operation, table, key: &key, item: &item })?))
            }
        }
    }
}

fn advancing(copy: Key, from: SessionEpoch) -> Change {
    let change = Change::new(copy, "SET #epoch = :next")
        .name("#epoch", EPOCH)
        .value(":next", whole_number(from.next().number()));
    if from == SessionEpoch::FIRST {
        change.only_if(MUST_BE_NEW).name("#pk", PK)
    } else {
        change.only_if("#epoch = :from").value(":from", whole_number(from.number()))
    }
}

/// Reads a copy, and refuses the first epoch, of which no copy is stored.
pub(crate) fn parse(reader: &Reader<'_>) -> Result<SessionEpoch, StoreError> {
    match reader.number(EPOCH)? {
        0 => Err(reader.corrupt(EPOCH)),
        number => Ok(SessionEpoch::new(number)),
    }
}

#[cfg(test)]
pub(crate) fn item(tenant: TenantId, copy: u8, epoch: SessionEpoch) -> crate::item::Item {
    crate::item::ItemBuilder::new(&keys::session_epoch(tenant, copy)).with(EPOCH, whole_number(epoch.number())).build()
}

const EPOCH: &str = "epoch";
