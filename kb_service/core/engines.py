"""From settings to an engine."""

from kb_service.core.settings import Settings
from search.engines.choice import EngineChoice, EngineName
from search.engines.elasticsearch.options import ElasticsearchOptions


def engine_choice(settings: Settings, name: EngineName | None = None) -> EngineChoice:
    """The engine the service uses, or the one named, with the cluster's settings."""
    urls = (url.strip() for url in settings.elasticsearch_url.split(","))
    options = ElasticsearchOptions(
        urls=tuple(url for url in urls if url),
        index=settings.elasticsearch_index,
        api_key=settings.elasticsearch_api_key,
        user=settings.elasticsearch_user,
        password=settings.elasticsearch_password,
        ca_file=settings.elasticsearch_ca_file,
        verify=settings.elasticsearch_verify,
        shards=settings.elasticsearch_shards,
        replicas=settings.elasticsearch_replicas,
        search_s=settings.elasticsearch_timeout_s,
    )
    return EngineChoice(name or settings.engine, options)
