/** What the relay's page takes of lean-qr. */
export { correction, generate } from "lean-qr";
