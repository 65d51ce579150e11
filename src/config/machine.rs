//! What the machine has, which some defaults follow. Must not know settings.

use std::num::NonZero;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// What is taken where the machine does not tell.
const USUAL_CORES: usize = 2;

/// The cores that this process may use.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(USUAL_CORES, NonZero::get)
}

/// The memory that this process may use, in MB: the machine's, or its container's if that is less;
/// 0 where it is not told.
pub(super) fn memory_mb() -> usize {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    let bytes = system.map_or(0, |system| {
        let container = system.cgroup_limits().map(|limits| limits.total_memory);
        container.unwrap_or(u64::MAX).min(system.total_memory())
    });
    usize::try_from(bytes >> 20).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_what_it_has() {
        assert!(cores() >= 1);
        assert!((128..1 << 30).contains(&memory_mb()), "{} MB", memory_mb());
    }
}
