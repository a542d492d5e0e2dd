//! The prescriptions on which a signing is tried: of nobody, for nobody.

/// What a prescription says that is not the prescriber's or the day's.
pub(super) struct Sample {
    /// The name of its checkbox.
    pub(super) field: &'static str,
    pub(super) patient: &'static str,
    pub(super) drug: &'static str,
    pub(super) schedule: &'static str,
    pub(super) quantity: &'static str,
    pub(super) directions: &'static str,
    pub(super) refills: &'static str,
}

pub(super) const SAMPLES: [Sample; 3] = [
    Sample {
        field: "ready-1",
        patient: "Sample Patient One",
        drug: "Oxycodone hydrochloride 5 mg tablet",
        schedule: "II",
        quantity: "12 (twelve)",
        directions: "One tablet by mouth every 6 hours as needed for pain",
        refills: "None",
    },
    Sample {
        field: "ready-2",
        patient: "Sample Patient Two",
        drug: "Testosterone cypionate 200 mg/mL vial",
        schedule: "III",
        quantity: "1 (one) vial of 10 mL",
        directions: "200 mg into the muscle every 2 weeks",
        refills: "1",
    },
    Sample {
        field: "ready-3",
        patient: "Sample Patient Three",
        drug: "Lorazepam 0.5 mg tablet",
        schedule: "IV",
        quantity: "20 (twenty)",
        directions: "One tablet by mouth at bedtime as needed",
        refills: "None",
    },
];
