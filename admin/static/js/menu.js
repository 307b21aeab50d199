// On a telephone the menu is a strip: the place one is in is brought into sight.
const strip = document.querySelector(".side nav");
const here = document.querySelector(".side [aria-current=page]");
if (strip && here && strip.scrollWidth > strip.clientWidth) {
  strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}
