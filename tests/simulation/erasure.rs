//! I6: what is erased cannot be recovered.
//!
//! What is simulated is what erasing comes down to, at the store: the person's enrollment goes, and with it the only copy of their key.
//! From then on no verification of theirs succeeds, unless they are enrolled again, which the model expects; that one which is opened later
//! never does is held against I1.

use audit::Event;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use countersign_tests::HandedOver;
use crypto::UserKey;
use domain::{Enrollment, EventId, Sealed};

use crate::errand::address;
use crate::invariant::Invariant::ErasedIsGone;
use crate::invariant::holds;
use crate::simulation::{Reached, Simulation};

/// A person's enrollment that was destroyed, and what was sealed under its key by then.
pub(crate) struct Shredded {
    pub(crate) person: usize,
    enrollment: Enrollment,
    sealed: Vec<(EventId, Sealed)>,
}

impl Simulation {
    /// Remembers what must not be readable any more. It is readable with the key that is destroyed: looking for it means something.
    pub(crate) fn take_in_shredding(&mut self, person: usize, taken: Option<Enrollment>, handed_over: &HandedOver) {
        let Some(enrollment) = taken else { return };
        let key = self.watch.branch.open_user_key(self.user(person), &enrollment.user_key).unwrap();
        let sealed = handed_over.events().iter().filter_map(personal);
        let sealed = sealed.filter(|(id, sealed)| key.open_personal_data(*id, sealed).is_ok());
        let sealed: Vec<_> = sealed.map(|(id, sealed)| (id, sealed.clone())).collect();
        self.reached.extend((!sealed.is_empty()).then_some(Reached::Erasure));
        self.shredded.push(Shredded { person, enrollment, sealed });
    }

    /// With every key that is left, in tables, queue and outbox, and in the log if it is written.
    pub(crate) async fn check_erasure(&self) {
        if self.shredded.is_empty() {
            return;
        }
        if self.has_a_log {
            self.world.trail().await;
        }
        let mut everything = self.watch.tables.sealed_values();
        everything.extend(self.world.sink.events().iter().map(|event| event.canonical_json().into_bytes()));
        everything.extend(self.world.log.objects.objects().values().cloned());
        let texts: Vec<_> = everything.iter().map(|value| String::from_utf8_lossy(value)).collect();
        let keys: Vec<UserKey> = (0..self.people.len()).filter_map(|person| self.key_of(person)).collect();
        for shredded in &self.shredded {
            let Shredded { person, enrollment, sealed } = shredded;
            for (id, sealed) in sealed {
                let is_open = keys.iter().any(|key| key.open_personal_data(*id, sealed).is_ok());
                holds(!is_open, ErasedIsGone, || format!("{id} of {person} can be read"));
            }
            let opens = |key: &UserKey| key.open_verifiers(&enrollment.askable_sets, enrollment.key_version).is_ok();
            holds(!keys.iter().any(opens), ErasedIsGone, || format!("the verifiers of {person} can be read"));
            let key = enrollment.user_key.as_bytes();
            let is_kept = everything.iter().any(|value| value == key);
            let forms = [hex::encode(key), STANDARD_NO_PAD.encode(&key[..30]), URL_SAFE_NO_PAD.encode(&key[..30])];
            let is_kept = is_kept || texts.iter().any(|text| forms.iter().any(|form| text.contains(form)));
            holds(!is_kept, ErasedIsGone, || format!("the key of {person} is kept"));
            let address = address(*person);
            holds(!texts.iter().any(|text| text.contains(&address)), ErasedIsGone, || format!("{address} is kept"));
        }
    }

    fn key_of(&self, person: usize) -> Option<UserKey> {
        let enrollment = self.enrollment(person)?;
        self.watch.branch.open_user_key(self.user(person), &enrollment.user_key).ok()
    }
}

fn personal(event: &Event) -> Option<(EventId, &Sealed)> {
    Some((event.id, event.personal.as_ref()?.sealed()))
}
