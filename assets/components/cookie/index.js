// Writes a cookie that lives for a year; draws nothing.

export default function ({ data: { name, value } }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=31536000; SameSite=Lax${secure}`;
}
