/** The modules that `build/emoji.ts` makes. */

declare module "virtual:emoji/*" {
  const text: string;
  export default text;
}
