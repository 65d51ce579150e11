//! Where something is, as far as everybody may know. Must not know who looks.

use matching::demand::DemandTerms;
use matching::place::{Place, Point};

use super::{CommuneCode, Reference};

impl Reference {
    /// The commune of a place, or its province if that is all that is known: without the address,
    /// the words and the point that would name who is there.
    #[must_use]
    pub fn area(&self, place: &Place) -> Place {
        let code = place.commune_code.as_deref().and_then(CommuneCode::parse);
        let commune = code.and_then(|code| self.communes().get(code)).map(|it| it.point);
        let point = commune.or_else(|| Some(self.provinces().get(place.province)?.point));
        let point = point.and_then(|point| Point::new(point.lat_e6, point.lon_e6));
        let point = point.unwrap_or(place.point);
        Place { point, address: None, given: None, ..place.clone() }
    }

    /// Terms as matches are judged by: those of an anonymous demand with the areas of its places,
    /// since a distance from the very place would tell where the buyer is.
    #[must_use]
    pub fn judged_terms(&self, terms: DemandTerms) -> DemandTerms {
        if terms.anonymous { terms.with_places(|place| self.area(place)) } else { terms }
    }
}
