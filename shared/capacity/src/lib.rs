//! How much the service holds: a simulation of its queues, from measured service times and published quotas.
