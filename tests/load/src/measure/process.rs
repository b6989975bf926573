//! CPU time of processes on this machine.

use std::fs;
use std::str::FromStr;

use crate::measure::float;

/// A process, as the report calls it.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// For example `host`.
    pub(crate) name: String,
    /// Its id, or `self`.
    id: String,
}

impl Process {
    /// This program.
    pub(crate) fn own() -> Self {
        Self { name: "load".to_owned(), id: "self".to_owned() }
    }

    /// What all its threads have computed so far.
    ///
    /// # Errors
    /// That there is no such process.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<CpuTime> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id))?;
        CpuTime::parse(&stat).ok_or_else(|| anyhow::anyhow!("/proc/{}/stat is not of the known form", self.id))
    }
}

impl FromStr for Process {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').filter(|(_, id)| id.parse::<u32>().is_ok());
        let (name, id) = parts.ok_or_else(|| "not of the form NAME=PID".to_owned())?;
        Ok(Self { name: name.to_owned(), id: id.to_owned() })
    }
}

/// CPU time since a process began, in the kernel's ticks of a hundredth of a second (proc(5), `USER_HZ`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CpuTime(u64);

impl CpuTime {
    /// User and system time are the 14th and 15th field; the second one, the name, is in parentheses and may hold anything.
    fn parse(stat: &str) -> Option<Self> {
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
        let (user, system) = (fields.next()?, fields.next()?);
        Some(Self(user.parse::<u64>().ok()? + system.parse::<u64>().ok()?))
    }

    /// How many microseconds more this is.
    pub(crate) const fn microseconds_since(self, earlier: Self) -> f64 {
        float(self.0.saturating_sub(earlier.0) * 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_read_whatever_the_name() {
        let stat = "7 (a) (b c) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 9 9 20 0 3 0 77 1 1";

        assert_eq!(CpuTime::parse(stat), Some(CpuTime(200)));
        assert!((CpuTime(250).microseconds_since(CpuTime(200)) - 500_000.0).abs() < 1.0);
    }

    #[test]
    fn a_process_is_named_and_numbered() {
        let process: Process = "host=4711".parse().unwrap();

        assert_eq!((process.name.as_str(), process.id.as_str()), ("host", "4711"));
        assert!(["host", "host=", "host=../1", "4711"].iter().all(|text| text.parse::<Process>().is_err()));
    }

    #[test]
    fn this_process_has_a_cpu_time() {
        assert!(Process::own().cpu_time().is_ok());
    }
}
