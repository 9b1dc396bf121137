/** adidas, New Balance, Converse: the models the catalog begins with. */
import type { Row } from "./row.ts";

export const ADIDAS: readonly Row[] = [
  [
    "CP9654",
    "Yeezy Boost 350 V2 Zebra",
    "White / Core Black / Red",
    220,
    "2017-02-25",
    "#f3f3f1",
    "#161616",
    "#e9e6e1",
  ],
  [
    "BB1826",
    "Yeezy Boost 350 V2 Beluga",
    "Steel Grey / Beluga / Solar Red",
    220,
    "2016-09-24",
    "#5c5f61",
    "#f26b3a",
    "#4a4c4e",
  ],
  [
    "CP9366",
    "Yeezy Boost 350 V2 Cream White",
    "Cream White / Cream White / Core White",
    220,
    "2017-04-29",
    "#f0ece0",
    "#e6e0d0",
    "#f6f3ea",
  ],
  [
    "B75571",
    "Yeezy Boost 700 Wave Runner",
    "Solid Grey / Chalk White / Core Black",
    300,
    "2017-11-01",
    "#9aa0a3",
    "#2fa3a0",
    "#f28b30",
  ],
  [
    "B75806",
    "adidas Samba OG Cloud White",
    "Cloud White / Core Black / Clear Granite",
    100,
    "2018-01-01",
    "#ffffff",
    "#161616",
    "#b98b5e",
  ],
  [
    "B27171",
    "adidas Ultra Boost OG Black Purple",
    "Core Black / Night Flash",
    180,
    "2015-02-11",
    "#161616",
    "#4a3c8c",
    "#ffffff",
  ],
];

export const ADIDAS_WHOLE: readonly Row[] = [
  [
    "HQ6448",
    "Yeezy Slide Onyx",
    "Onyx / Onyx / Onyx",
    60,
    "2022-03-07",
    "#2b2b2d",
    "#1f1f21",
    "#2b2b2d",
  ],
  [
    "FY4567",
    "Yeezy Foam RNR Sand",
    "Sand / Sand / Sand",
    80,
    "2021-03-26",
    "#d8c7a5",
    "#cbb891",
    "#d8c7a5",
  ],
];

export const NEW_BALANCE: readonly Row[] = [
  [
    "M2002RDA",
    "New Balance 2002R Protection Pack Rain Cloud",
    "Rain Cloud / Magnet",
    150,
    "2021-08-20",
    "#9aa0a3",
    "#6c7073",
    "#e7e4dc",
  ],
];

export const NEW_BALANCE_WIDE: readonly Row[] = [
  [
    "M990GL5",
    "New Balance 990v5 Grey",
    "Grey / White",
    175,
    "2019-04-13",
    "#8b8f92",
    "#c9ced2",
    "#ffffff",
  ],
];

export const CONVERSE: readonly Row[] = [
  [
    "163862C",
    "Converse Chuck Taylor All-Star 70 Hi Off-White",
    "White / Cone / Black",
    130,
    "2018-10-08",
    "#f7f5ef",
    "#f28b30",
    "#161616",
  ],
];
