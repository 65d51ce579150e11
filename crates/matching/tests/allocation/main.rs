//! Behaviour of the allocation core against oracles that share no code with it.

#![allow(clippy::unwrap_used)]

mod columns;
mod earlier;
mod fairness;
mod flow;
mod integer;
mod margin;
mod market;
#[path = "../../benches/allocation/mixed.rs"]
#[allow(unreachable_pub)]
mod mixed;
mod oracle;
mod path;
mod progressive_filling;
mod repair;
mod run;
mod vast;
mod whole;
