//! What tests share: a clock that stands still, entropy from a seed, the ports in memory, and a store that counts what it
//! is asked and fails as planned. Only ever a dev-dependency.

mod clock;
mod entropy;
mod memory;
mod recording;

pub use clock::FixedClock;
pub use entropy::SeededEntropy;
pub use memory::MemoryStore;
pub use recording::{Call, Fault, FaultStore, Faults, Observation, OngoingCall, Recorder, RecordingStore, Trace};
