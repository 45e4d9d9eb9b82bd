/** Contents that need a token, as addresses that `<img>` understands; the last used are kept. */

import { useEffect, useState } from "react";
import { client } from "./client";

const KEPT = 200;
const addresses = new Map<string, Promise<string>>();

function addressOf(url: string): Promise<string> {
  const known = addresses.get(url);
  if (known) {
    addresses.delete(url);
    addresses.set(url, known);
    return known;
  }
  const loading = client.api.content(url).then((content) => URL.createObjectURL(content));
  loading.catch(() => addresses.delete(url));
  addresses.set(url, loading);
  const [oldest] = addresses;
  if (addresses.size > KEPT && oldest) {
    addresses.delete(oldest[0]);
    void oldest[1].then((address) => URL.revokeObjectURL(address));
  }
  return loading;
}

/** The address of a content; null until it has loaded, and where there is none. */
export function useContent(url: string | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    setAddress(null);
    if (url) {
      addressOf(url).then(
        (found) => wanted && setAddress(found),
        () => {},
      );
    }
    return () => {
      wanted = false;
    };
  }, [url]);
  return address;
}

/** The address of a file on this device; null until there is one. */
export function useLocalContent(file: Blob | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => {
      setAddress(null);
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return address;
}
