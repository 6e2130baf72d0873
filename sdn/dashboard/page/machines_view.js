import { byId, element, follow, setText } from "./dom.js";
import { bitrate, many, number, percent, words } from "./format.js";
import { machineKey } from "./fold.js";
import { FULL, GATHERED, machinesOf, placeOf } from "./machines.js";
import { showBadge, Table } from "./table.js";

/** Machines that run several relays: each as one, with how full its members are. */
export class MachinesView {
  #table;
  #onOpen;
  #onOpenMachine;
  #onFold;
  /** What the picture shows unfolded. @type {readonly string[]} */
  #unfolded = [];

  /**
   * @param {{ onOpen: (relay: string) => void, onOpenMachine: (host: string) => void,
   *   onFold: (host: string) => void }} told
   */
  constructor({ onOpen, onOpenMachine, onFold }) {
    this.#onOpen = onOpen;
    this.#onOpenMachine = onOpenMachine;
    this.#onFold = onFold;
    this.#table = new Table(byId("machines"), {
      label: "Machines",
      key: ({ host }) => host,
      empty: "",
      columns: [
        {
          label: "Machine",
          kind: "name",
          show: (machine, cell) => this.#showName(machine, cell),
          sort: ({ host }) => host,
        },
        { label: "Region", show: ({ region }) => region, sort: ({ region }) => region },
        {
          label: "State",
          show: ({ states }, cell) => showBadge(cell, states[0], states.map(words).join(", ")),
        },
        {
          label: "Sessions",
          kind: "figure",
          show: ({ sessions }) => number(sessions),
          sort: ({ sessions }) => sessions,
        },
        {
          label: "Egress",
          kind: "figure",
          show: ({ egress_bps: egress }) => bitrate(egress),
          sort: ({ egress_bps: egress }) => egress,
        },
        { label: "CPU", kind: "figure", show: ({ cpu }) => percent(cpu), sort: ({ cpu }) => cpu },
        { label: "Relays", kind: "members", show: (machine, cell) => this.#showAll(machine, cell) },
      ],
    });
  }

  /** @param {readonly any[]} nodes with their load @param {readonly string[]} unfolded */
  show(nodes, unfolded) {
    this.#unfolded = unfolded;
    const machines = machinesOf(nodes);
    byId("machines-card").hidden = machines.length === 0;
    this.#table.show(machines);
  }

  #showName({ host, members }, cell) {
    if (cell.childElementCount === 0) {
      const onclick = () => this.#onFold(host);
      cell.append(
        element("button", {
          type: "button",
          class: "linklike",
          onclick: () => this.#onOpenMachine(host),
        }, host),
        " ",
        element("small"),
        element("button", { type: "button", onclick }),
      );
    }
    const [, count, button] = cell.children;
    const isUnfolded = this.#unfolded.includes(machineKey(host));
    setText(count, many(members.length, "relay"));
    setText(button, isUnfolded ? "Fold" : "Unfold");
    button.setAttribute("aria-label", `${isUnfolded ? "Fold" : "Unfold"} ${host} in the picture`);
  }

  #showAll({ members }, cell) {
    const list = cell.firstElementChild ?? cell.appendChild(element("ul"));
    follow(list, members, {
      key: ({ id }) => id,
      create: ({ id }) => {
        const onclick = () => this.#onOpen(id);
        return element(
          "li",
          {},
          element("button", { type: "button", class: "linklike", onclick }, id),
          element("meter", {
            min: 0,
            max: 1,
            low: GATHERED,
            high: FULL,
            optimum: 0,
            "aria-label": `Processor of ${id}`,
          }),
          element("span", { class: "figure" }),
          element("small"),
        );
      },
      update: ({ children: [, meter, share, place] }, member) => {
        const { load, state } = member;
        meter.value = load?.cpu ?? 0;
        setText(share, percent(load?.cpu));
        const isFine = state === "registered";
        setText(place, `${isFine ? "" : `${words(state)}: `}${placeOf(member)}`);
      },
    });
  }
}
