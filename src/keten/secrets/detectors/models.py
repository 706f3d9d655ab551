"""Keys of services that run models."""

from keten.model.finding import Severity
from keten.secrets import judges
from keten.secrets.forms import ALNUM, HEX, URL64, UUID, named, token

OPENAI = "https://platform.openai.com/docs/api-reference/authentication"
ANTHROPIC = "https://docs.anthropic.com/en/api/overview"

DETECTORS = (
    token("openai", "OpenAI API key", rf"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{{20,100}}T3BlbkFJ[A-Za-z0-9_-]{{20,100}}", OPENAI, judge=judges.openai, severity=Severity.CRITICAL, heads=("T3BlbkFJ[A-Za-z0-9_-]{4}",), back=112),
    token("openai-project", "OpenAI project key", rf"sk-(?:proj|svcacct|admin)-{URL64}{{40,180}}", OPENAI, heads=("sk-proj-[A-Za-z0-9_-]{4}", "sk-svcacct-", "sk-admin-[A-Za-z0-9_-]{4}"), entropy=3.8),
    token("anthropic", "Anthropic API key", rf"sk-ant-(?:api|admin|sid|oat|ort)[0-9]{{2}}-{URL64}{{80,120}}", ANTHROPIC, severity=Severity.CRITICAL, heads=("sk-ant-[a-z]{3}",), entropy=3.8),
    token("huggingface", "Hugging Face token", r"hf_[A-Za-z]{34}", "https://huggingface.co/docs/hub/security-tokens", entropy=3.5, heads=("hf_[A-Za-z]{8}",)),
    token("huggingface-org", "Hugging Face organisation token", r"api_org_[A-Za-z]{34}", "https://huggingface.co/docs/hub/security-tokens"),
    named("cohere", "Cohere API key", r"cohere|co_api_key", f"{ALNUM}{{40}}", "https://docs.cohere.com/", entropy=3.6),
    token("groq", "Groq API key", rf"gsk_{ALNUM}{{52}}", "https://console.groq.com/docs/"),
    token("replicate", "Replicate API token", rf"r8_{ALNUM}{{37}}", "https://replicate.com/docs/topics/security/api-tokens", entropy=3.5),
    token("perplexity", "Perplexity API key", rf"pplx-{ALNUM}{{48,56}}", "https://docs.perplexity.ai/"),
    named("mistral", "Mistral API key", "mistral", f"{ALNUM}{{32}}", "https://docs.mistral.ai/", entropy=3.5),
    token("xai", "xAI API key", rf"xai-{ALNUM}{{80}}", "https://docs.x.ai/"),
    token("openrouter", "OpenRouter API key", rf"sk-or-v1-{HEX}{{64}}", "https://openrouter.ai/docs"),
    named("deepseek", "DeepSeek API key", "deepseek", rf"sk-{HEX}{{32}}", "https://api-docs.deepseek.com/"),
    token("sk-hex", "API key of a model service", rf"sk-[a-f0-9]{{32}}", heads=("sk-[a-f0-9]{12}",), entropy=3.2),
    token("sk-forty-eight", "API key of a model service", rf"sk-{ALNUM}{{48}}", heads=("sk-[A-Za-z0-9]{16}",), entropy=4.2),
    token("fireworks", "Fireworks API key", rf"fw_{ALNUM}{{22,24}}", "https://docs.fireworks.ai/", entropy=3.6, heads=("fw_[A-Za-z0-9]{12}",)),
    token("cerebras", "Cerebras API key", rf"csk-[a-z0-9]{{48}}", "https://inference-docs.cerebras.ai/"),
    token("nvidia", "NVIDIA API key", rf"nvapi-{URL64}{{60,70}}", "https://docs.api.nvidia.com/"),
    token("nvidia-ngc", "NVIDIA NGC key", r"bnZ[A-Za-z0-9]{80,100}", "https://docs.nvidia.com/ngc/", heads=("bnZ[A-Za-z0-9]{24}",), entropy=4.0, severity=Severity.MEDIUM),
    token("jina", "Jina API key", rf"jina_{HEX}{{32}}[A-Za-z0-9_-]{{28}}", "https://jina.ai/"),
    token("tavily", "Tavily API key", r"tvly-(?:(?:dev|prod)-)?[A-Za-z0-9]{32}", "https://docs.tavily.com/"),
    token("firecrawl", "Firecrawl API key", rf"fc-{HEX}{{32}}", "https://docs.firecrawl.dev/", heads=("fc-[0-9a-f]{12}",), entropy=3.0),
    named("kagi", "Kagi API key", "kagi", r"[A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{43}", "https://help.kagi.com/kagi/api/overview.html"),
    token("pinecone", "Pinecone API key", r"pcsk_[A-Za-z0-9]{5,7}_[A-Za-z0-9]{60,66}", "https://docs.pinecone.io/"),
    named("pinecone-old", "Pinecone API key", "pinecone", UUID, "https://docs.pinecone.io/"),
    named("elevenlabs", "ElevenLabs API key", "eleven_?labs|xi-api-key", f"(?:sk_)?{HEX}{{32,48}}", "https://elevenlabs.io/docs/"),
    token("elevenlabs-key", "ElevenLabs API key", rf"sk_{HEX}{{48}}", heads=("sk_[0-9a-f]{16}",), entropy=3.2),
    named("assemblyai", "AssemblyAI or Deepgram key", "assemblyai|assembly_ai|deepgram", f"{HEX}{{32}}|{HEX}{{40}}"),
    named("stability", "Stability AI key", "stability", rf"sk-{ALNUM}{{48}}"),
    named("together", "Together AI key", r"together", f"{HEX}{{64}}"),
    token("together-key", "Together AI key", rf"tgp_v1_{URL64}{{43}}", "https://docs.together.ai/"),
    token("voyage", "Voyage AI key", rf"pa-{URL64}{{43}}", "https://docs.voyageai.com/", heads=("pa-[A-Za-z0-9_-]{16}",), entropy=4.2),
    token("exa", "Exa API key", rf"(?i:exa)_api_key[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}[\"']?(?P<secret>{UUID})", heads=("(?i:exa_api_key)",)),
    token("brave", "Brave Search key", rf"BSA[A-Za-z0-9_-]{{27,28}}", "https://api-dashboard.search.brave.com/", entropy=4.0, heads=("BSA[A-Za-z0-9_-]{12}",)),
    named("serper", "Search API key", r"serp(?:er|api)|searchapi|bing_search|browserless|scrap(?:er|ing)", f"{HEX}{{32,64}}|{UUID}", entropy=3.0),
    token("apify", "Apify token", rf"apify_api_{ALNUM}{{34,36}}", "https://docs.apify.com/"),
    named("runpod", "RunPod key", "runpod", r"[A-Z0-9]{40}|rpa_[A-Z0-9]{40,46}"),
    token("runpod-key", "RunPod API key", r"rpa_[A-Z0-9]{40}[a-z0-9]{0,6}", "https://docs.runpod.io/"),
    token("modal", "Modal token", rf"a[ks]-{ALNUM}{{22}}", "https://modal.com/docs/", heads=("a[ks]-[A-Za-z0-9]{22}",), entropy=4.0),
    token("lambda-cloud", "Lambda Cloud API key", rf"secret_[a-z0-9-]{{8,40}}_{HEX}{{32}}\.{ALNUM}{{32}}", heads=("secret_[a-z0-9]{6}",)),
    named("roboflow", "Machine learning service key", r"roboflow|clarifai|comet_|neptune_|labelbox|scale_api|snorkel", f"{ALNUM}{{20,60}}", entropy=3.6),
)
