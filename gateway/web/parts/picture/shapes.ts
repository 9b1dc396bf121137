/**
 * Three shoes from the side, drawn by us, toe to the right, on 400 by 300. Panels may reach over the
 * upper's edge: they are clipped to it.
 */
export interface Shape {
  readonly upper: string;
  /** What shows inside the collar and behind the laces. */
  readonly tongue: string;
  /** Panels in the accent colour, from the back to the front. */
  readonly panels: readonly string[];
  /** Seams, as lines. */
  readonly seams: readonly string[];
  readonly laces: readonly string[];
  readonly midsole: string;
  readonly outsole: string;
  /** Lines on the midsole. */
  readonly treads: readonly string[];
}

const COURT_MIDSOLE =
  "M46 203 C46 196 52 193 62 194 C150 199 250 199 330 196 C350 195 362 202 363 213 L363 219 L46 219 Z";
const COURT_OUTSOLE = "M46 217 L364 217 C364 226 357 231 344 231 L66 231 C53 231 46 226 46 217 Z";
const COURT_FRONT = [
  // toe cap, mudguard, and the band under the laces
  "M296 150 C292 166 296 184 300 204 L372 204 L372 150 Z",
  "M196 204 C222 194 244 176 262 154 L272 159 C262 184 246 196 232 204 Z",
];

export const LOW: Shape = {
  upper:
    "M56 200 C51 172 54 142 62 120 C64 112 70 109 78 111 C92 120 112 126 134 120 C150 116 160 106 170 95 C180 104 192 113 205 122 C230 139 256 151 286 159 C326 168 357 176 360 201 Z",
  tongue: "M152 112 C156 98 160 86 167 77 C174 73 184 76 189 82 C194 96 202 112 214 128 L184 136 Z",
  panels: [
    "M40 204 L40 100 L84 100 C92 126 94 152 122 166 C116 182 112 192 112 204 Z",
    "M160 92 C172 106 200 128 270 156 L262 172 C222 160 184 138 154 112 Z",
    ...COURT_FRONT.slice(0, 1),
  ],
  seams: [
    "M112 204 C112 192 116 182 122 166 C150 172 172 172 190 166",
    "M286 160 C280 176 282 190 288 203",
    "M60 150 C74 152 88 152 100 148",
  ],
  laces: [
    "M168 108 L190 98",
    "M182 118 L206 107",
    "M197 128 L222 116",
    "M214 137 L238 125",
    "M232 145 L254 134",
  ],
  midsole: COURT_MIDSOLE,
  outsole: COURT_OUTSOLE,
  treads: ["M52 210 C150 213 260 213 358 209"],
};

export const HIGH: Shape = {
  ...LOW,
  upper:
    "M56 200 C50 168 58 140 58 112 C58 92 54 74 58 56 C60 48 68 46 76 50 C96 58 122 58 146 50 C152 62 160 76 170 90 C180 103 192 113 205 122 C230 139 256 151 286 159 C326 168 357 176 360 201 Z",
  tongue: "M132 54 C136 40 141 28 148 20 C155 16 166 19 171 26 C174 58 188 98 214 128 L184 136 Z",
  panels: [
    "M40 204 L40 118 C64 124 84 128 96 126 C100 148 108 160 126 168 C118 182 114 192 114 204 Z",
    "M40 40 L152 40 L152 64 C158 78 164 86 168 92 C150 102 116 108 50 100 Z",
    "M160 84 C172 106 200 128 270 156 L262 172 C214 158 176 132 150 104 Z",
    ...COURT_FRONT.slice(0, 1),
  ],
  seams: [
    "M114 204 C114 192 118 182 126 168 C152 174 176 174 194 168",
    "M286 160 C280 176 282 190 288 203",
    "M58 112 C92 120 126 116 160 100",
    "M60 76 C90 84 122 82 152 70",
  ],
  laces: [
    "M146 62 L170 52",
    "M150 78 L174 68",
    "M158 94 L182 83",
    "M170 108 L195 97",
    "M186 120 L211 108",
    "M204 131 L228 119",
    "M224 142 L247 130",
  ],
};

export const RUNNER: Shape = {
  upper:
    "M58 190 C50 168 52 140 60 120 C63 111 70 109 78 113 C94 122 112 126 132 119 C148 113 160 104 172 94 C182 106 194 116 208 125 C234 142 262 156 296 164 C332 170 356 176 362 192 Z",
  tongue: "M152 112 C156 98 160 86 168 78 C175 74 185 77 190 84 C195 98 204 114 216 130 L186 138 Z",
  panels: [
    "M40 196 L40 104 L80 104 C84 132 92 160 130 176 L126 196 Z",
    "M108 196 C140 170 172 158 216 150 L228 160 C204 176 186 188 178 200 Z",
    "M308 160 C300 172 300 184 306 200 L372 200 L372 160 Z",
  ],
  seams: [
    "M130 176 C176 182 230 180 306 186",
    "M160 108 C184 136 226 158 284 166",
    "M62 150 C76 154 88 154 100 150",
  ],
  laces: ["M168 108 L190 98", "M184 120 L208 108", "M202 131 L226 119", "M222 142 L245 130"],
  midsole:
    "M40 194 C44 184 54 184 66 187 C120 198 200 200 262 194 C300 190 336 184 360 188 C374 191 376 206 368 219 L52 221 C40 216 36 204 40 194 Z",
  outsole:
    "M48 217 C140 221 280 220 370 214 C368 226 358 232 340 232 L78 232 C60 232 50 226 48 217 Z",
  treads: [
    "M50 204 C110 212 190 212 250 206 C300 201 336 198 366 202",
    "M84 232 L90 224 M128 232 L134 224 M172 232 L178 224 M216 232 L222 224 M260 232 L266 224 M304 231 L310 223",
  ],
};

/** By its name; most models say whether they are high. */
export function shapeOf(model: string): Shape {
  if (/\b(high|mid|chuck|hi)\b|jordan (1|4|11) retro (?!low)/i.test(model)) return HIGH;
  if (/yeezy|boost|99\d|57\d|20\d\d|waffle|runner|air max|foam|trainer|kobe/i.test(model)) {
    return RUNNER;
  }
  return LOW;
}
