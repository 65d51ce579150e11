//! Behaviour of the allocation core against oracles that share no code with it.

mod columns;
mod flow;
mod market;
mod oracle;
