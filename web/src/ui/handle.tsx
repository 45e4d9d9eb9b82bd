/** A username, left to right in every language. */
export function Handle({ username }: { readonly username: string }) {
  return <bdi dir="ltr">@{username}</bdi>;
}
