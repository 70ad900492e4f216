//! What people and companies are called.

#[rustfmt::skip]
pub const NAMES: &[&str] = &[
    "Anna", "Andreas", "Anton", "Benedikt", "Carla", "Charlotte", "Christian", "Daniela", "David", "Elena", "Emil",
    "Fatima", "Friedrich", "Georg", "Giulia", "Hannah", "Henrik", "Ibrahim", "Isabelle", "Jakob", "Johanna", "Jose",
    "Jürgen", "Katharina", "Konstantin", "Laura", "Leon", "Magdalena", "Manuel", "Maria", "Matthias", "Michael",
    "Nadia", "Niklas", "Olga", "Oskar", "Paula", "Peter", "Quentin", "Rebecca", "Robert", "Samuel", "Sofia",
    "Theodor", "Ursula", "Valentina", "Viktor", "Wilhelm", "Xenia", "Yusuf", "Zoe",
];

#[rustfmt::skip]
pub const FAMILIES: &[&str] = &[
    "Abernathy", "Anderson", "Baker", "Bauer", "Becker", "Carter", "Chandra", "Cooper", "Delgado", "Dubois",
    "Eriksen", "Evans", "Fischer", "Foster", "Garcia", "Graham", "Hansen", "Hoffmann", "Ibarra", "Ito", "Jansen",
    "Johnson", "Kowalski", "Kumar", "Lambert", "Larsen", "Martin", "Meyer", "Moreau", "Nakamura", "Novak", "Okafor",
    "Olsen", "Parker", "Petrov", "Quill", "Ramirez", "Richter", "Santos", "Schmidt", "Schneider", "Schulz", "Taylor",
    "Tanaka", "Ueda", "Vasquez", "Wagner", "Weber", "Xu", "Young", "Zimmermann",
];

#[rustfmt::skip]
pub const COMPANIES: &[&str] = &[
    "Ledger & Lamp", "Northwind Roofing", "Blue Heron Clinic", "Quarry Street Law", "Tin Kite Media",
];

#[rustfmt::skip]
pub const TITLES: &[&str] = &[
    "Buyer", "Director", "Engineer", "Head of Sales", "Office Manager", "Partner", "Site Foreman",
];
