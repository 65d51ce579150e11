//! Processor time of the calling thread, so that a busy machine does not change a figure.

/// Seconds that the calling thread has been on a processor, as Linux counts them.
pub fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.expect("Linux with CONFIG_SCHED_INFO") / 1e9
}
