//! A point on the globe in whole millionths of a degree, so that places compare and hash exactly.

const E6: f64 = 1_000_000.0;

/// WGS 84 position in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    /// Latitude × 10⁶, north positive.
    pub lat_e6: i32,
    /// Longitude × 10⁶, east positive.
    pub lon_e6: i32,
}

impl Point {
    /// The nearest point on the micro-degree grid.
    #[must_use]
    pub fn from_degrees(lat: f64, lon: f64) -> Self {
        Self { lat_e6: (lat * E6).round() as i32, lon_e6: (lon * E6).round() as i32 }
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e6) / E6
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e6) / E6
    }

    /// The mean of some points; `None` of none. Good enough within one province.
    #[must_use]
    pub fn centroid(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        let (mut lat, mut lon, mut count) = (0_i64, 0_i64, 0_i64);
        for point in points {
            lat += i64::from(point.lat_e6);
            lon += i64::from(point.lon_e6);
            count += 1;
        }
        let mean = |sum: i64| sum.checked_div(count).and_then(|mean| i32::try_from(mean).ok());
        Some(Self { lat_e6: mean(lat)?, lon_e6: mean(lon)? })
    }
}

#[cfg(test)]
mod tests {
    use super::Point;

    #[test]
    fn keeps_six_decimals() {
        let point = Point::from_degrees(9.995_45, 106.292);
        assert_eq!((point.lat_e6, point.lon_e6), (9_995_450, 106_292_000));
        assert!((point.lat() - 9.995_45).abs() < 1e-9);
    }

    #[test]
    fn the_centroid_of_nothing_is_nowhere() {
        assert_eq!(Point::centroid([]), None);
        let points = [Point::from_degrees(10.0, 106.0), Point::from_degrees(11.0, 107.0)];
        assert_eq!(Point::centroid(points), Some(Point::from_degrees(10.5, 106.5)));
    }
}
