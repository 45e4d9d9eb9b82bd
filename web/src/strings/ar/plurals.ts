/** Arabic nouns with their numbers. */

const plurals = new Intl.PluralRules("ar");

/** The form of a noun that follows its number: Arabic has a dual, and two plurals. */
export function counted(
  count: number,
  forms: Partial<Record<Intl.LDMLPluralRule, string>>,
): string {
  const form = forms[plurals.select(count)] ?? forms.other ?? "";
  return form.replace("#", String(count));
}

export const characters = (count: number) =>
  counted(count, {
    one: "حرف واحد",
    two: "حرفين",
    few: "# أحرف",
    many: "# حرفًا",
    other: "# حرف",
  });
