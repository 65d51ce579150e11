//! Processor time and memory of this process, so that a busy machine does not change a figure.
//! Reads what Linux tells under `/proc`.

use std::fs::read_to_string;

/// Seconds that the calling thread has been on a processor; exact to a few milliseconds.
pub fn processor_seconds() -> f64 {
    let text = read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.expect("Linux with scheduler statistics") / 1e9
}

/// Seconds that all threads of this process have been on a processor, ended ones too.
pub fn process_seconds() -> f64 {
    let text = read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that this process has held so far, in MB.
pub fn peak_mb() -> f64 {
    let text = read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.expect("Linux with VmHWM") / 1024.0
}
