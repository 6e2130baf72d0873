/** The object statuses (#object-status). */
export const ObjectStatus = { NORMAL: 0x0, END_OF_GROUP: 0x3, END_OF_TRACK: 0x4 } as const;

/** The status of an object that does not exist, in drafts 14 and 15. */
export const DOES_NOT_EXIST = 0x1;
export type ObjectStatus = typeof ObjectStatus[keyof typeof ObjectStatus];
