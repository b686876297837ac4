"""Web pages and sites, fetched through the guarded client as a well-behaved robot does."""

from integrations.webpages.addresses import canonical as canonical
from integrations.webpages.errors import WebPageError as WebPageError
from integrations.webpages.fetching import Page as Page
from integrations.webpages.fetching import fetch as fetch
from integrations.webpages.robots import allowed as allowed
from integrations.webpages.robots import check_allowed as check_allowed
from integrations.webpages.robots import crawl_delay as crawl_delay
from integrations.webpages.sitemaps import SitemapFound as SitemapFound
from integrations.webpages.sitemaps import sitemap as sitemap
