//! Where a request comes from: the peer of the connection, or, behind proxies that are trusted, the
//! address that they saw. Must not know what is done with it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client of `request`, unless the connection is gone.
pub(super) fn of(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    Some(seen_by_proxies(peer, request.headers(), trusted))
}

/// The same as text; empty if the connection is gone.
pub(super) fn text(request: &HttpRequest, trusted: &[IpNet]) -> String {
    of(request, trusted).map(|address| address.to_string()).unwrap_or_default()
}

/// Each proxy appends the address that it was called from, so the last one that is no trusted proxy
/// is true, and whatever stands before it may be made up.
fn seen_by_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let texts = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    let mut hops: Vec<&str> = texts.flat_map(|text| text.split(',')).map(str::trim).collect();
    let mut address = peer;
    while is_trusted(&address) {
        let Some(before) = hops.pop().and_then(|hop| hop.parse::<IpAddr>().ok()) else { break };
        address = before.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        let cases = [
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ];
        for (peer, forwarded, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.append(FORWARDED_FOR, HeaderValue::from_static(forwarded));
            let address = seen_by_proxies(peer.parse().expect("an address"), &headers, &trusted);
            assert_eq!(address.to_string(), expected, "{peer} {forwarded}");
        }
    }
}
