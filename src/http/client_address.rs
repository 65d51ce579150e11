//! Where a request comes from: the peer of the connection, or, behind proxies that are trusted, the
//! address that they saw. Must not know what is done with it.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client of `request`, unless the connection is gone.
pub(super) fn of(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    Some(seen_by_proxies(peer, request.headers(), trusted))
}

/// The network of the client as text; empty if the connection is gone.
pub(super) fn network_text(request: &HttpRequest, trusted: &[IpNet]) -> String {
    of(request, trusted).map(|address| network(address).to_string()).unwrap_or_default()
}

/// What is one client for all that is known: an address, and of IPv6 the first address of its
/// network, for 64 bits are one household or office (RFC 6177).
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        IpAddr::V4(_) => address,
    }
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
    fn the_addresses_of_a_household_are_one_network() {
        let same = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| text.parse().expect("an address"));
            network(one) == network(other)
        };
        assert!(same("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert!(!same("2001:db8:0:1::1", "2001:db8:0:2::1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }

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
