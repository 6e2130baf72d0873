/** The object statuses (#object-status). */
export const ObjectStatus = { NORMAL: 0x0, END_OF_GROUP: 0x3, END_OF_TRACK: 0x4 } as const;
export type ObjectStatus = typeof ObjectStatus[keyof typeof ObjectStatus];
