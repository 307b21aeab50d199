// The conversation lives as long as the tab: its id is in no address and in no cookie.
const KEY = "chat.conversation";

export function kept() {
  try {
    return window.sessionStorage.getItem(KEY) || "";
  } catch (error) {
    return "";
  }
}

export function keep(conversation) {
  try {
    if (conversation) window.sessionStorage.setItem(KEY, conversation);
    else window.sessionStorage.removeItem(KEY);
  } catch (error) {
    // A browser that keeps nothing shows the conversation until the page is left.
  }
  document.querySelectorAll('input[name="conversation"]').forEach((field) => {
    field.value = conversation;
  });
}
