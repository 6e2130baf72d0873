/** Meshes on the map of the world, as they would be laid out, for what cannot be measured on one machine. */
import type { GraphRelay } from "../../sdn/graph/mod.ts";

/** Where relays stand. */
export interface City {
  readonly name: string;
  readonly region: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Cities, and how many relays each has. */
export interface Layout {
  readonly name: string;
  readonly cities: readonly City[];
  readonly relaysPerCity: number;
}

// Region, city, degrees north and east. The first two of a region are its hubs.
const PLACES = `
europe frankfurt 50.1 8.7
europe london 51.5 -0.1
europe amsterdam 52.4 4.9
europe paris 48.9 2.4
europe madrid 40.4 -3.7
europe milan 45.5 9.2
europe stockholm 59.3 18.1
europe warsaw 52.2 21.0
europe vienna 48.2 16.4
europe lisbon 38.7 -9.1
north-america newyork 40.7 -74.0
north-america losangeles 34.1 -118.2
north-america chicago 41.9 -87.6
north-america dallas 32.8 -96.8
north-america miami 25.8 -80.2
north-america seattle 47.6 -122.3
north-america toronto 43.7 -79.4
north-america denver 39.7 -105.0
north-america atlanta 33.7 -84.4
north-america mexico 19.4 -99.1
south-america saopaulo -23.6 -46.6
south-america santiago -33.4 -70.7
south-america bogota 4.7 -74.1
south-america buenosaires -34.6 -58.4
south-america lima -12.0 -77.0
south-america fortaleza -3.7 -38.5
east-asia tokyo 35.7 139.7
east-asia hongkong 22.3 114.2
east-asia seoul 37.6 127.0
east-asia osaka 34.7 135.5
east-asia taipei 25.0 121.5
east-asia shanghai 31.2 121.5
east-asia manila 14.6 121.0
south-asia singapore 1.4 103.8
south-asia mumbai 19.1 72.9
south-asia chennai 13.1 80.3
south-asia delhi 28.6 77.2
south-asia jakarta -6.2 106.8
south-asia bangkok 13.8 100.5
south-asia kualalumpur 3.1 101.7
middle-east dubai 25.2 55.3
middle-east istanbul 41.0 29.0
middle-east riyadh 24.7 46.7
middle-east cairo 30.0 31.2
africa johannesburg -26.2 28.0
africa lagos 6.5 3.4
africa nairobi -1.3 36.8
oceania sydney -33.9 151.2
oceania auckland -36.8 174.8
oceania melbourne -37.8 145.0`;

const CITIES: readonly City[] = PLACES.trim().split("\n").map((line) => {
  const [region = "", name = "", north, east] = line.split(" ");
  return { region, name, latitude: Number(north), longitude: Number(east) };
});

const EUROPE = CITIES.filter(({ region }) => region === "europe");

/** What a region, a continent and a planet would have. */
export const LAYOUTS: readonly Layout[] = [
  { name: "a region", cities: EUROPE.slice(0, 5), relaysPerCity: 2 },
  { name: "a continent", cities: EUROPE, relaysPerCity: 10 },
  { name: "a planet", cities: CITIES, relaysPerCity: 20 },
];

// Of each city two relays are linked to other cities, each in a plane of its own.
const PLANES = 2;
const EARTH_RADIUS_KM = 6371;
// Light in glass, there and back; cables are longer than the shortest line.
const ROUND_TRIP_MS_PER_KM = 2 / 200;
const DETOUR = 1.5;
const LOCAL_RTT_MS = 0.5;

/** The round-trip time that a direct link between two cities would have, in milliseconds. */
export function roundTrip(a: City, b: City): number {
  const [phi1, phi2] = [a, b].map(({ latitude }) => radians(latitude)) as [number, number];
  const lambda = radians(a.longitude - b.longitude);
  const chord = Math.sin((phi1 - phi2) / 2) ** 2 +
    Math.cos(phi1) * Math.cos(phi2) * Math.sin(lambda / 2) ** 2;
  const km = 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(chord));
  return LOCAL_RTT_MS + km * DETOUR * ROUND_TRIP_MS_PER_KM;
}

/** The name of a city's relay, numbered from 1. */
export function relayName(city: City, number: number): string {
  return `${city.name}-${number}`;
}

/** The relays that have links to other cities: by name, with their city. */
export function gateways({ cities }: Layout): readonly string[] {
  return cities.flatMap((city) => planes().map((plane) => relayName(city, plane)));
}

/**
 * The relays with their links. In a city all are linked with its two gateways. In each plane the
 * gateways of a region are linked with each other, and the hub of the plane with those of all other
 * regions.
 */
export function relaysOf({ cities, relaysPerCity }: Layout): GraphRelay[] {
  const links = new Map<string, Map<string, { cost: number; up: boolean }>>();
  const link = (a: string, b: string, cost: number) => {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const own = links.get(from) ?? new Map();
      links.set(from, own.set(to, { cost, up: true }));
    }
  };
  for (const city of cities) {
    for (const plane of planes()) {
      for (let number = plane + 1; number <= relaysPerCity; number++) {
        link(relayName(city, plane), relayName(city, number), LOCAL_RTT_MS);
      }
    }
  }
  for (const plane of planes()) {
    for (const [at, city] of cities.entries()) {
      for (const other of cities.slice(at + 1)) {
        const areHubs = isHub(cities, city, plane) && isHub(cities, other, plane);
        if (city.region !== other.region && !areHubs) continue;
        link(relayName(city, plane), relayName(other, plane), roundTrip(city, other));
      }
    }
  }
  return cities.flatMap((city) =>
    Array.from({ length: relaysPerCity }, (_, place): GraphRelay => {
      const name = relayName(city, place + 1);
      return { name, region: city.region, address: "", draining: false, links: links.get(name)! };
    })
  );
}

/** Whether a city is its region's hub in a plane. */
function isHub(cities: readonly City[], city: City, plane: number): boolean {
  return cities.filter(({ region }) => region === city.region)[plane - 1] === city;
}

function planes(): readonly number[] {
  return Array.from({ length: PLANES }, (_, place) => place + 1);
}

function radians(degrees: number): number {
  return degrees * Math.PI / 180;
}
