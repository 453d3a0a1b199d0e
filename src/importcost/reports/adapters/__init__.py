"""Reports on one web app under Lambda Web Adapter and behind bridges."""
