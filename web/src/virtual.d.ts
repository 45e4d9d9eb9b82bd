/** What `build/emoji.ts` makes. */

declare module "virtual:emoji/*" {
  const text: string;
  export default text;
}
